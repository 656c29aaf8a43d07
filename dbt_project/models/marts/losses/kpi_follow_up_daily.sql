with

sent as (

    select * from {{ ref('int_call_list_sent') }}
    where is_in_force

),

results as (

    select
        list_id,
        row_id
    from {{ ref('stg_own__call_result') }}

),

phone_days as (

    select * from {{ ref('int_phone_contact_day') }}

),

-- without a phone log of that day nobody knows who was called
logged as (

    select distinct
        store_id,
        called_on
    from {{ ref('int_call_fold') }}

),

followed as (

    select
        sent.store_id,
        sent.staff_id,
        sent.list_for_on,
        results.row_id is not null as is_returned,
        logged.called_on is not null as is_logged,
        coalesce(phone_days.calls > 0, false) as is_called,
        coalesce(phone_days.valid_contacts > 0, false) as is_reached
    from sent
    left join results
        on sent.list_id = results.list_id and sent.row_id = results.row_id
    left join logged
        on sent.store_id = logged.store_id and sent.list_for_on = logged.called_on
    left join phone_days
        on sent.phone = phone_days.phone and sent.list_for_on = phone_days.called_on

),

counted as (

    select
        store_id,
        staff_id,
        list_for_on,
        count(*) as sent_rows,
        count(*) filter (where is_returned) as returned_rows,
        count(*) filter (where is_logged) as logged_rows,
        count(*) filter (where is_logged and is_called) as called_on_time,
        count(*) filter (where is_logged and is_reached) as reached_on_time,
        count(*) filter (where is_logged and is_returned and not is_called)
            as returned_without_call
    from followed
    group by all

)

select * from counted
