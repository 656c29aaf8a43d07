with

results as (

    select * from {{ ref('int_call_result_match') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

-- the last word per vehicle and month
newest as (

    select
        store_id,
        vin,
        expiry_month,
        coalesce(reason_group, 'not_stated') as reason_group,
        case when reason_group is null then 'not_stated' else loss_reason end as loss_reason

    from results
    where effect in ('lost', 'refused')
    qualify row_number() over (
        partition by store_id, vin, expiry_month
        order by called_on desc, list_id desc, row_id asc
    ) = 1

),

final as (

    select
        newest.store_id,
        newest.expiry_month as month,
        newest.reason_group,
        newest.loss_reason,
        count(*) as vehicles

    from newest
    inner join due
        on
            newest.store_id = due.store_id
            and newest.vin = due.vin
            and newest.expiry_month = due.expiry_month
    where due.outcome <> 'renewed_here'
    group by all

)

select * from final
