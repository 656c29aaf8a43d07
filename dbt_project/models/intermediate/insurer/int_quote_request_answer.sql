{{ config(materialized='view') }}

{#
    One row per request for a quotation: those the insurers list, and quotations that say when they
    were asked for and that no listed request names. What happened on or after as_of has not yet.
#}
with

requests as (

    select * from {{ ref('stg_insurer__quote_request') }}

),

quotes as (

    select * from {{ ref('stg_insurer__quote') }}

),

listed as (

    select
        requests.insurer_code,
        'request:' || requests.request_number as request_id,
        requests.store_code as store_id,
        requests.staff_id,
        requests.vin,
        requests.requested_at,
        coalesce(quotes.quoted_at, requests.closed_at) as closed_at,
        case when quotes.quote_number is not null then 'quoted' else requests.status end as status
    from requests
    left join quotes
        on
            requests.insurer_code = quotes.insurer_code
            and requests.quote_number = quotes.quote_number

),

only_quoted as (

    select
        quotes.insurer_code,
        'quote:' || quotes.quote_number as request_id,
        quotes.store_code as store_id,
        null as staff_id,
        quotes.vin,
        quotes.requested_at,
        quotes.quoted_at as closed_at,
        'quoted' as status
    from quotes
    anti join requests
        on
            quotes.insurer_code = requests.insurer_code
            and quotes.quote_number = requests.quote_number
    where quotes.requested_at is not null

),

together as (

    select * from listed
    union all
    select * from only_quoted

),

-- an answer of today is not known yet
known as (

    select
        * replace (
            case when closed_at >= {{ as_of() }} then 'open' else status end as status,
            case when closed_at < {{ as_of() }} and status <> 'open' then closed_at end as closed_at
        )
    from together

)

select * from known
