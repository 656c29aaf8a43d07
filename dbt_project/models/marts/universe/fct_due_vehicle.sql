with

due as (

    select * from {{ ref('int_due_vehicle') }}

),

-- whose turn it is on the day of tonight's list, listed or not
turns as (

    select
        store_id,
        vin,
        expiry_month,
        step,
        owner_id as step_owner_id,
        owner_role as step_owner_role
    from {{ ref('int_cascade_position') }}

),

without_personal_data as (

    select
        store_id,
        vehicle_key,
        expiry_month,
        expires_on as expiry_date,
        first_expires_on,
        commercial_expires_on,
        compulsory_expires_on,
        expiry_is_estimated,
        segment,
        trade_type,
        outcome,
        renewed_kind,
        renewed_on,
        renewed_insurer_code,
        renewed_premium_amount,
        full_cover_on is not null as is_full_cover,
        is_matured,
        frozen_on,
        is_frozen,
        is_late_entry,
        target_rate,
        hold_out,
        book_owner,
        step,
        step_owner_id,
        step_owner_role,
        is_contactable,
        customer_key,
        customer_type,

        ---------- masked: enough to recognise, not to reach
        {{ masked_plate('plate_number') }} as plate_masked,

        brand,
        model,
        first_registered_on,
        expiring_insurer_code,
        expiring_premium_amount,
        expiring_covers,
        claims_last_year,
        last_visit_on,
        sales_channel,
        payment_frequency,
        region
    from due
    left join turns using (store_id, vin, expiry_month)

)

select * from without_personal_data
