{#
    One row per due vehicle and day on which an objection of its customer was written down: a
    reason on a returned call list, or the objection that a concession answers.
#}
with

results as (

    select * from {{ ref('int_call_result_match') }}
    where loss_reason is not null

),

concessions as (

    select * from {{ ref('stg_dms__concession') }}
    where objection is not null

),

matches as (

    select * from {{ ref('int_offer_match') }}
    where record_kind = 'concession'

),

days as (

    select
        store_id,
        vin,
        expiry_month,
        called_on as objected_on
    from results
    union
    select
        matches.store_id,
        matches.vin,
        matches.expiry_month,
        concessions.given_on as objected_on
    from concessions
    inner join matches on concessions.concession_number = matches.record_number

)

select * from days
