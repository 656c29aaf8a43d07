with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

by_target as (

    select
        store_id,
        segment,
        expiry_month,
        frozen_on,
        target_rate,
        min(vin) as first_vin,

        ---------- counts
        count(*) as due_vehicles,
        count(*) filter (where outcome = 'renewed_here') as renewed_here,
        count(*) filter (where outcome = 'renewed_elsewhere') as renewed_elsewhere,
        count(*) filter (where outcome = 'lost') as lost,
        count(*) filter (where outcome = 'open') as open,
        count(*) filter (
            where outcome = 'renewed_here' and renewed_kind in ('both', 'commercial_only')
        ) as commercial_renewed_here,
        count(*) filter (where expiry_is_estimated) as estimated_vehicles,
        count(*) filter (where is_late_entry) as late_entry_vehicles,
        bool_and(is_matured) as is_matured
    from due
    group by all

),

counted as (

    select
        store_id,
        segment,
        expiry_month,
        {%- for count in [
            'due_vehicles', 'renewed_here', 'renewed_elsewhere', 'lost', 'open',
            'commercial_renewed_here', 'estimated_vehicles', 'late_entry_vehicles',
        ] %}
            cast(sum({{ count }}) as bigint) as {{ count }},
        {%- endfor %}

        ---------- the group's target is the one frozen first
        list(target_rate order by frozen_on nulls last, first_vin)[1] as target_rate,
        bool_and(is_matured) as is_matured
    from by_target
    group by all

),

rated as (

    select
        store_id,
        segment,
        expiry_month,
        due_vehicles,
        renewed_here,
        renewed_elsewhere,
        lost,
        open,
        {{ half_up('renewed_here', 'due_vehicles', 6) }} as renewal_rate,
        target_rate,
        cast(ceil(due_vehicles * target_rate) as bigint) as target_vehicles,
        is_matured,
        commercial_renewed_here,
        {{ half_up('commercial_renewed_here', 'due_vehicles', 6) }} as commercial_renewal_rate,
        estimated_vehicles,
        late_entry_vehicles
    from counted

)

select * from rated
