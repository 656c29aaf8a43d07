with

due as (

    select * from {{ ref('int_due_vehicle') }}
    where outcome = 'open'

),

days as (

    select * from {{ ref('int_call_list_day') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_daily') }}

),

turns as (

    select * from {{ ref('int_cascade_position') }}

),

suppressed as (

    select * from {{ ref('fct_suppressed_vehicle') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

wishes as (

    select * from {{ ref('int_do_not_call_bind') }}

),

recipients as (

    select * from {{ ref('list_recipient') }}
    where list_kind = 'expiry_table'

),

-- a number that must not be called today stands on no table
final as (

    select
        days.list_for_on,
        due.store_id,
        recipients.staff_id as recipient_id,
        due.vehicle_key,
        due.expiry_month,
        due.customer_name,
        {{ masked_name('due.customer_name') }} as customer_masked,
        case when suppressed.reason is null and wishes.phone is null then due.phone end as phone,
        due.plate_number,
        {{ masked_plate('due.plate_number') }} as plate_masked,
        due.model,
        due.commercial_expires_on,
        due.compulsory_expires_on,
        due.first_expires_on,
        date_diff('day', days.list_for_on, due.first_expires_on) as days_left,
        due.expiry_is_estimated,
        turns.step,
        turns.owner_id as step_owner_id,
        quotes.lowest_amount as lowest_quote_amount,
        coalesce(suppressed.reason, if(wishes.phone is not null, 'do_not_call', null))
            as not_called_for,
        suppressed.release_on

    from due
    inner join days on due.store_id = days.store_id
    inner join parameters on due.store_id = parameters.store_id
    left join turns
        on
            due.store_id = turns.store_id
            and due.vin = turns.vin
            and due.expiry_month = turns.expiry_month
    left join suppressed
        on
            due.store_id = suppressed.store_id
            and due.vehicle_key = suppressed.vehicle_key
            and due.expiry_month = suppressed.expiry_month
    left join quotes
        on
            due.store_id = quotes.store_id
            and due.vin = quotes.vin
            and due.expiry_month = quotes.expiry_month
    left join wishes
        on due.phone = wishes.phone and coalesce(days.list_for_on <= wishes.ends_on, true)
    left join recipients
        on due.store_id = recipients.store_id and due.book_owner = recipients.staff_id
    where
        date_diff('day', days.list_for_on, due.first_expires_on)
        <= parameters.pool_entry_days

)

select * from final
