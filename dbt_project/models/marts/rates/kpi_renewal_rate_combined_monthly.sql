with

months as (

    select * from {{ ref('int_month_list') }}

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

policies as (

    select * from {{ ref('int_policy_expire') }}
    where issuing_store_id is not null

),

-- the first month modelled lacks renewals of the month before it
periods as (

    select
        expiry_month as month,
        least(last_day_on, cast({{ as_of() }} - interval 1 day as date)) as until_on
    from months
    where
        is_due_month
        and expiry_month < {{ as_of() }}
    qualify row_number() over (order by expiry_month) > 1

),

signed as (

    select
        due.store_id,
        periods.month,
        count(distinct due.vin) as renewed_vehicles
    from due
    inner join periods
        on cast(date_trunc('month', due.renewed_on) as date) = periods.month
    where due.outcome = 'renewed_here'
    group by all

),

-- the same days a year ago: a month that is half over is held against half a month
base as (

    select
        policies.issuing_store_id as store_id,
        periods.month,
        count(distinct policies.vin) as insured_last_year
    from periods
    inner join policies
        on
            policies.signed_on >= periods.month - interval 1 year
            and (
                policies.signed_on <= periods.until_on - interval 1 year
                -- 28 February of the year after a leap year closes a month of 29 days
                or (
                    periods.until_on = last_day(periods.until_on)
                    and policies.signed_on <= last_day(periods.month - interval 1 year)
                )
            )
    group by all

),

current_rate as (

    select
        store_id,
        expiry_month as month,
        count(*) as due_vehicles,
        count(*) filter (where outcome = 'renewed_here') as renewed_here,
        count(*) filter (
            where outcome = 'renewed_here' and renewed_kind in ('both', 'commercial_only')
        ) as commercial_renewed_here,
        bool_and(is_matured) as is_matured
    from due
    group by all

),

joined as (

    select
        store_id,
        periods.month,
        periods.until_on,
        coalesce(base.insured_last_year, 0) as insured_last_year,
        coalesce(signed.renewed_vehicles, 0) as renewed_vehicles,
        coalesce(current_rate.due_vehicles, 0) as due_vehicles,
        coalesce(current_rate.renewed_here, 0) as renewed_here,
        coalesce(current_rate.commercial_renewed_here, 0) as commercial_renewed_here,
        coalesce(current_rate.is_matured, false) as is_matured
    from base
    full outer join signed using (store_id, month)
    full outer join current_rate using (store_id, month)
    inner join periods using (month)

)

select * from joined
