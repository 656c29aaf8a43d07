with

losses as (

    select * from {{ ref('int_loss') }}

),

quoted as (

    select
        *,
        -- a quote of the day itself came in time
        coalesce(first_quoted_at < lost_on + 1, false) as is_quoted
    from losses

),

checked as (

    select
        store_id,
        vehicle_key,
        expiry_month,
        segment,
        outcome,
        lost_on,
        stated_on,
        staff_id,
        coalesce(reason_group, 'not_stated') as reason_group,
        case when reason_group is null then 'not_stated' else loss_reason end as loss_reason,
        case when is_quoted then 'quoted_not_closed' else 'never_quoted' end as quote_state,
        is_price_given,
        case
            when reason_group is null then null
            when reason_group = 'price' and not is_quoted then 'no_real_quote'
            when reason_group = 'price' and not is_price_given then 'no_price_given'
            when reason_group = 'contact' and first_answered_on <= stated_on then 'was_reached'
            when reason_group = 'vehicle_gone' and outcome = 'renewed_elsewhere'
                then 'is_insured_elsewhere'
            else 'none'
        end as contradiction
    from quoted

)

select * from checked
