{{ config(materialized='view') }}

{#
    One row per store and vehicle with the manager's decisions whose it becomes, in order, once for
    each role that the new person has in the store from then on.
#}
with

decisions as (

    select * from {{ ref('stg_dms__manager_decision') }}
    where
        decision = 'reassign'
        and subject = 'book'

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

final as (

    select
        decisions.store_id,
        decisions.vin,
        list(
            struct_pack(
                effective_on := decisions.effective_on,
                staff_id := staff.staff_id,
                role := staff.role,
                holds_from := staff.valid_from,
                holds_until := coalesce(staff.valid_to, date '9999-12-31')
            )
            order by
                decisions.effective_on,
                decisions.decided_at,
                decisions.decision_number,
                staff.role,
                staff.valid_from
        ) as decisions
    from decisions
    inner join staff
        on
            decisions.to_staff_id = staff.staff_id
            and decisions.store_id = staff.store_id
            and decisions.effective_on <= coalesce(staff.valid_to, decisions.effective_on)
    group by all

)

select * from final
