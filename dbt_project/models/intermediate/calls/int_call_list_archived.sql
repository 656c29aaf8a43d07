{#
    Every row of every list and every row that was cut from one, the newest revision of it; once
    handed out it stays so. Lists from before roles were archived were specialists' lists. Nights
    before a day without calls make lists for the same day: the last one, be it tonight's, is in force.
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
        coalesce(role, 'renewal_specialist') as role,
        vin,
        vehicle_key,
        expiry_month,
        step,
        list_for_on,
        phone,
        coalesce(is_listed, true) as is_listed,
        list_for_on < {{ as_of() }} as is_past,
        is_past and _as_of = max(_as_of) over (partition by store_id, list_for_on) as is_in_force

    from archived
    qualify row_number() over (
        partition by list_id, row_id
        order by coalesce(is_listed, true) desc, _revision desc, _as_of desc
    ) = 1

)

select * from newest
