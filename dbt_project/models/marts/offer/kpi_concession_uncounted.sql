with

concessions as (

    select * from {{ ref('stg_dms__concession') }}

),

counted as (

    select concession_number from {{ ref('int_concession_given') }}

),

due as (

    select
        store_id,
        vin,
        expiry_month,
        outcome
    from {{ ref('int_due_vehicle') }}

),

matches as (

    select
        matched.record_number,
        matched.expiry_month,
        due.outcome
    from {{ ref('int_offer_match') }} as matched
    inner join due
        on
            matched.store_id = due.store_id
            and matched.vin = due.vin
            and matched.expiry_month = due.expiry_month
    where matched.record_kind = 'concession'

),

homes as (

    select
        vin,
        list(distinct store_id) as store_ids
    from due
    group by all

),

-- what was given earlier may belong to a month that has left the warehouse
horizon as (

    select min(expiry_month) + interval 1 month as first_day
    from {{ ref('int_month_list') }}
    where is_due_month

),

uncounted as (

    select concessions.*
    from concessions
    inner join horizon on concessions.given_on >= horizon.first_day
    anti join counted on concessions.concession_number = counted.concession_number

),

explained as (

    select
        uncounted.store_id,
        uncounted.concession_number,
        {{ pseudonym("'vin:' || uncounted.vin") }} as vehicle_key,
        matches.expiry_month,
        uncounted.staff_id,
        uncounted.approver,
        uncounted.given_on,
        uncounted.given_amount,
        case
            when matches.outcome = 'renewed_here' then 'superseded'
            when matches.outcome = 'open' then 'not_renewed_yet'
            when matches.outcome is not null then 'not_renewed_here'
            when list_contains(homes.store_ids, uncounted.store_id) then 'outside_every_window'
            when homes.vin is not null then 'due_elsewhere'
            else 'not_due'
        end as reason
    from uncounted
    left join matches on uncounted.concession_number = matches.record_number
    left join homes on uncounted.vin = homes.vin

)

select * from explained
