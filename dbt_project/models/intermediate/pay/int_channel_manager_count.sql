{#
    A vehicle counts for the manager who has the channel on its expiry date; money for the one who has it
    on the day it was spent.
#}
with

channels as (

    select
        channel_id,
        insurer_code,
        store_id,
        manager_id,
        base_amount,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to

    from {{ ref('stg_dms__channel') }}

),

months as (

    select
        expiry_month as month,
        last_day_on

    from {{ ref('int_month_list') }}
    where is_due_month and expiry_month < {{ as_of() }}

),

spends as (

    select * from {{ ref('stg_dms__channel_spend') }}

),

-- base by days, half-up to the cent, in integers
bases as (

    select
        channels.insurer_code,
        channels.manager_id,
        months.month,
        (
            (
                2 * (channels.base_amount * 100)::hugeint * (
                    least(channels.valid_to, months.last_day_on)
                    - greatest(channels.valid_from, months.month) + 1
                ) + day(months.last_day_on)
            ) // (2 * day(months.last_day_on))
        ) as base_fen

    from channels
    inner join
        months
        on channels.valid_from <= months.last_day_on and channels.valid_to >= months.month

),

targets as (

    select * from {{ ref('int_channel_vehicle_count') }}

),

money as (

    select
        channels.insurer_code,
        channels.manager_id,
        date_trunc('month', spends.spent_on)::date as month,
        sum(spends.amount) filter (where spends.spend_kind = 'budget') as budget_amount,
        sum(spends.amount) filter (where spends.spend_kind <> 'budget') as spent_amount

    from channels
    inner join
        spends
        on
            channels.channel_id = spends.channel_id
            and spends.spent_on between channels.valid_from and channels.valid_to
    group by all

),

facts as (

    select * from bases
    union all by name
    select * from targets
    union all by name
    select * from money

),

-- a manager without a base has no channel in that month
summed as (

    select
        insurer_code,
        manager_id,
        month,
        sum(base_fen)::hugeint as base_fen,
        sum(due_vehicles)::bigint as due_vehicles,
        sum(target_vehicles)::bigint as target_vehicles,
        sum(renewed_vehicles)::bigint as renewed_vehicles,
        sum(budget_amount)::decimal(18, 2) as budget_amount,
        sum(spent_amount)::decimal(18, 2) as spent_amount

    from facts
    group by all
    having sum(base_fen) is not null

)

select * from summed
