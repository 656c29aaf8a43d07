{#
    One row per store, expiry month and segment with what the cohorts that matured last tell: how
    many of the segment renewed here, of those with a phone and those without, and what a renewal
    of the store left.
#}
with

matured as (

    select * from {{ ref('int_due_vehicle') }}
    where is_matured

),

money as (

    select * from {{ ref('int_renewal_money') }}

),

given as (

    select
        store_id,
        vin,
        expiry_month,
        total_amount
    from {{ ref('int_concession_given') }}

),

months as (

    select expiry_month from {{ ref('int_month_list') }}
    where is_due_month

),

parameters as (

    select
        store_id,
        expiry_month,
        forecast_cohorts
    from {{ ref('int_renewal_parameter_monthly') }}
    semi join months using (expiry_month)

),

cells as (

    select
        matured.store_id,
        matured.expiry_month,
        matured.segment,

        ---------- counts
        count(*) as due_vehicles,
        count(*) filter (where matured.outcome = 'renewed_here') as renewed_here,
        count(*) filter (where matured.is_contactable) as reachable_vehicles,
        count(*) filter (where matured.is_contactable and matured.outcome = 'renewed_here')
            as reachable_renewed,
        count(money.commission_amount - given.total_amount) as margin_vehicles,
        coalesce(sum(money.commission_amount - given.total_amount), 0) as margin_amount
    from matured
    left join money using (store_id, vin, expiry_month)
    left join given using (store_id, vin, expiry_month)
    group by all

),

newest as (

    select max(expiry_month) as month from cells

),

summed as (

    select
        parameters.store_id,
        parameters.expiry_month,
        cells.segment,
        cast(sum(cells.due_vehicles) as bigint) as due_vehicles,
        cast(sum(cells.renewed_here) as bigint) as renewed_here,
        cast(sum(cells.reachable_vehicles) as bigint) as reachable_vehicles,
        cast(sum(cells.reachable_renewed) as bigint) as reachable_renewed,
        sum(cells.margin_vehicles) as margin_vehicles,
        sum(cells.margin_amount) as margin_amount
    from parameters
    cross join newest
    inner join cells
        on
            parameters.store_id = cells.store_id
            and date_diff('month', cells.expiry_month, newest.month) < parameters.forecast_cohorts
    group by all

),

-- what a renewal leaves is the store's, whatever the segment
shared as (

    select
        * replace (
            cast(sum(margin_vehicles) over of_store as bigint) as margin_vehicles,
            cast(sum(margin_amount) over of_store as decimal(18, 2)) as margin_amount
        )
    from summed
    window of_store as (partition by store_id, expiry_month)

)

select * from shared
