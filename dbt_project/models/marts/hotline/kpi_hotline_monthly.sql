with

calls as (

    select
        *,
        date_trunc('month', called_at)::date as month
    from {{ ref('fct_hotline_call') }}

),

counted as (

    select
        store_id,
        month,
        call_kind,

        ---------- what was done with the calls
        count(*) as calls,
        count(*) filter (where is_answered) as answered,
        count(*) filter (where is_recorded) as recorded,
        count(*) filter (where is_guided) as guided,
        count(*) filter (where is_answered and is_recorded and is_guided) as handled_whole,

        ---------- how fast
        {%- for band in [
            'within_1_minute', 'within_3_minutes', 'within_5_minutes', 'over_5_minutes',
            'no_response',
        ] %}
            count(*) filter (where response_band = '{{ band }}') as {{ band }},
        {%- endfor %}

        ---------- who was asked first, and who came
        count(*) filter (where is_first_contact is not null) as first_contact_known,
        count(*) filter (where is_first_contact) as first_contact,
        count(distinct vehicle_key) as vehicles,
        count(distinct vehicle_key) filter (where is_returned) as vehicles_returned,
        coalesce(sum(repair_amount), 0)::decimal(18, 2) as repair_amount,
        count(*) filter (where is_audit_sample) as audit_sample
    from calls
    group by all

)

select * from counted
