{#
    One row per expiry elsewhere that a customer told: in the store (DMS) or on a returned call
    list.
#}
with

told_in_store as (

    select * from {{ ref('stg_dms__customer_known_policy') }}

),

results as (

    select * from {{ ref('stg_own__call_result') }}

),

lines as (

    select * from {{ ref('int_call_list_sent') }}
    where is_past

),

told as (

    select
        'told:' || report_number as source_record,
        vin,
        store_id,
        insurer_name,
        expires_on,
        reported_on
    from told_in_store

    union all

    select
        'list:' || results.list_id || ':' || results.row_id as source_record,
        lines.vin,
        lines.store_id,
        results.known_insurer as insurer_name,
        results.known_expires_on as expires_on,
        lines.list_for_on as reported_on
    from results
    inner join lines on results.list_id = lines.list_id and results.row_id = lines.row_id
    where results.known_expires_on is not null

),

-- a story that tells the same end again adds nothing
first_told as (

    select
        *,
        cast(expires_on - interval 1 year + interval 1 day as date) as cover_starts_on
    from told
    qualify row_number() over (
        partition by vin, expires_on, insurer_name order by reported_on, source_record
    ) = 1

)

select * from first_told
