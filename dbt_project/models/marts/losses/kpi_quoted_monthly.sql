with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

marked as (

    select
        due.*,
        quotes.vin is not null as is_quoted
    from due
    left join quotes
        on
            due.store_id = quotes.store_id
            and due.vin = quotes.vin
            and due.expiry_month = quotes.expiry_month

),

counted as (

    select
        store_id,
        segment,
        expiry_month,

        ---------- counts
        count(*) as due_vehicles,
        count(*) filter (where is_quoted) as quoted,
        count(*) filter (where outcome = 'renewed_here') as renewed_here,
        count(*) filter (where outcome = 'renewed_here' and not is_quoted) as renewed_unquoted,
        count(*) filter (where outcome not in ('renewed_here', 'open') and is_quoted)
            as quoted_not_closed,
        count(*) filter (where outcome not in ('renewed_here', 'open') and not is_quoted)
            as never_quoted,
        count(*) filter (where outcome = 'open' and is_quoted) as open_quoted,
        count(*) filter (where outcome = 'open' and not is_quoted) as open_unquoted,
        bool_and(is_matured) as is_matured
    from marked
    group by all

)

select * from counted
