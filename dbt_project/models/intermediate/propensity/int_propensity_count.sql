{{ config(materialized='view') }}

{#
    One row per due vehicle with how often something happened to it in the 24 months before
    frozen_on, by the day on which it was known and never by what became of it later.
#}
with

due as (

    select
        vin,
        expiry_month,
        frozen_on
    from {{ ref('int_due_universe') }}

),

events as (

    select
        vin,
        cast(opened_at as date) as known_on,
        case when order_kind = 'accident' then 'accident' else 'visit' end as event
    from {{ ref('stg_dms__repair_order') }}
    where order_kind in ('customer_paid', 'warranty', 'accident')

    union all

    select
        vin,
        cast(reported_at as date) as known_on,
        'claim' as event
    from {{ ref('stg_insurer__claim') }}

    union all

    select
        vin,
        cast(opened_at as date) as known_on,
        'complaint' as event
    from {{ ref('stg_dms__complaint') }}

    union all

    select
        vin,
        cast(quoted_at as date) as known_on,
        'quote' as event
    from {{ ref('stg_insurer__quote') }}

),

counted as (

    select
        due.vin,
        due.expiry_month,
        count(*) filter (where events.event = 'visit') as visits,
        count(*) filter (where events.event = 'accident') as accident_visits,
        count(*) filter (where events.event = 'claim') as claims,
        count(*) filter (where events.event = 'complaint') as complaints,
        count(*) filter (where events.event = 'quote') as quotes
    from due
    inner join events
        on
            due.vin = events.vin
            and due.frozen_on > events.known_on
            and due.frozen_on - interval 24 month <= events.known_on
    group by all

)

select * from counted
