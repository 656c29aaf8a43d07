{#
    One row per concession or gift with the renewal of the due vehicle that it was given for: the
    expiry, in whose renewal window it was given, that is nearest. Given at another time, or to a
    vehicle that is not due, it has no row.
#}
with

records as (

    select
        'concession' as record_kind,
        concession_number as record_number,
        store_id,
        vin,
        given_on
    from {{ ref('stg_dms__concession') }}
    union all
    select
        'gift' as record_kind,
        issue_number as record_number,
        store_id,
        vin,
        issued_on as given_on
    from {{ ref('stg_dms__gift_issue') }}

),

due as (

    select
        store_id,
        vin,
        expiry_month,
        expires_on
    from {{ ref('int_due_vehicle') }}

),

parameters as (

    select
        store_id,
        expiry_month,
        cast(window_before_days as integer) as window_before_days,
        cast(window_after_days as integer) as window_after_days
    from {{ ref('int_renewal_parameter_monthly') }}

),

matched as (

    select
        records.record_kind,
        records.record_number,
        records.given_on,
        due.store_id,
        due.vin,
        due.expiry_month
    from records
    inner join due on records.store_id = due.store_id and records.vin = due.vin
    inner join parameters
        on due.store_id = parameters.store_id and due.expiry_month = parameters.expiry_month
    where
        records.given_on between due.expires_on - parameters.window_before_days
        and due.expires_on + parameters.window_after_days
    qualify row_number() over (
        partition by records.record_kind, records.record_number
        order by abs(due.expires_on - records.given_on), due.expiry_month
    ) = 1

)

select * from matched
