with

ladders as (

    select * from {{ ref('int_concession_ladder_resolve') }}

),

parameters as (

    select * from {{ ref('int_offer_parameter_resolve') }}
    where parameter = 'planned_average_rate'

),

months as (

    select * from {{ ref('int_month_list') }}
    where is_due_month

),

-- a ladder is valid on the first day of the month whose vehicles it is planned for
planned as (

    select
        ladders.store_id,
        months.expiry_month,
        ladders.step,
        ladders.customer_share,
        ladders.rate,
        ladders.authority,
        sum(ladders.customer_share) over steps - ladders.customer_share as share_from,
        sum(ladders.customer_share) over steps as share_to,
        sum(ladders.customer_share) over whole as share_total,
        sum(ladders.customer_share * ladders.rate) over whole as average_rate
    from months
    inner join ladders
        on months.expiry_month between ladders.effective_from and ladders.effective_to
    window
        whole as (partition by ladders.store_id, months.expiry_month),
        steps as (
            partition by ladders.store_id, months.expiry_month
            order by ladders.step
            rows unbounded preceding
        )

),

compared as (

    select
        planned.* exclude (share_from, share_to, share_total, average_rate),
        cast(planned.share_from as decimal(9, 4)) as share_from,
        cast(planned.share_to as decimal(9, 4)) as share_to,
        cast(planned.share_total as decimal(9, 4)) as share_total,
        cast(planned.average_rate as decimal(18, 6)) as average_rate,
        parameters.value as planned_average_rate
    from planned
    left join parameters
        on
            planned.store_id = parameters.store_id
            and planned.expiry_month between parameters.effective_from and parameters.effective_to

)

select * from compared
