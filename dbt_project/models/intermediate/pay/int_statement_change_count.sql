with

kinds as (

    select
        store_id,
        staff_id,
        role,
        month,
        change,
        count(*) as vehicles

    from {{ ref('statement_adjustment_line') }}
    group by all

),

reasons as (

    select
        store_id,
        staff_id,
        role,
        month,
        string_agg(change || ':' || vehicles, ';' order by change) as reason,
        sum(vehicles)::bigint as changed_vehicles

    from kinds
    group by all

)

select * from reasons
