{#
    Every row of every list as it was last handed out: the newest revision counts. Nights before a day without calls make
    lists for the same day: the last one, be it tonight's, is in force on it.
#}
with

archived as (

    select * from {{ archive('call_list') }}

),

newest as (

    select
        list_id,
        row_id,
        store_id,
        staff_id,
        vin,
        vehicle_key,
        expiry_month,
        step,
        list_for_on,
        phone,
        list_for_on < {{ as_of() }} as is_past,
        is_past and _as_of = max(_as_of) over (partition by store_id, list_for_on) as is_in_force

    from archived
    qualify row_number() over (
        partition by list_id, row_id order by _revision desc, _as_of desc
    ) = 1

)

select * from newest
