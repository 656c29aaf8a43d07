with

vehicles as (

    select * from {{ ref('int_dossier_vehicle') }}

),

quotes as (

    select * from {{ ref('int_due_quote') }}

),

years as (

    select * from {{ ref('int_claim_free') }}

),

quality as (

    select * from {{ ref('int_quality_customer') }}

),

cases as (

    select * from {{ ref('int_open_case') }}

),

benefits as (

    select * from {{ ref('int_benefit_left') }}

),

switches as (

    select * from {{ ref('int_offer_switch_resolve') }}
    where
        switch = 'benefits_on_staff_lists'
        and {{ as_of() }} between effective_from and effective_to

),

do_not_call as (

    select * from {{ ref('int_do_not_call_bind') }}
    where coalesce(ends_on >= {{ as_of() }}, true)

),

results as (

    select * from {{ ref('int_call_result_match') }}
    where called_on < {{ as_of() }}
    qualify
        row_number() over (
            partition by store_id, vin order by called_on desc, list_id desc, row_id asc
        ) = 1

),

joined as (

    select
        vehicles.* exclude (
            expiry_basis, source_record, target_rate, hold_out, frozen_on, is_frozen, is_late_entry,
            is_open, renewed_policy_number, full_cover_on, told_insurer_name, change_kind,
            changed_on, change_number, is_matured, customer_id, is_contactable,
            last_visit_before_ref_on, sales_channel, payment_frequency, region, selling_store_id
        ),
        vehicles.customer_type = 'company' as is_company_vehicle,
        coalesce(vehicles.selling_store_id = vehicles.store_id, false) as is_sold_here,
        do_not_call.phone is not null as is_do_not_call,
        coalesce(quotes.quotes, 0) as quotes,
        quotes.lowest_amount as lowest_quote_amount,
        quotes.last_quoted_at,
        quality.claims as claims_before_freeze,
        quality.is_quality_customer,
        years.claim_free_years,
        coalesce(cases.open_complaints, 0) as open_complaints,
        coalesce(cases.open_disputes, 0) as open_disputes,
        results.result as last_result,
        results.called_on as last_result_on,
        results.loss_reason as last_loss_reason,
        case when switches.is_on then coalesce(benefits.voucher_uses_left, 0) end
            as voucher_uses_left,
        case when switches.is_on then coalesce(benefits.voucher_amount_left, 0) end
            as voucher_amount_left,
        case when switches.is_on then coalesce(benefits.service_uses_left, 0) end
            as service_uses_left
    from vehicles
    left join quotes using (store_id, vin, expiry_month)
    left join years using (store_id, vin, expiry_month)
    left join quality using (store_id, vin, expiry_month)
    left join cases on vehicles.vin = cases.vin
    left join benefits on vehicles.store_id = benefits.store_id and vehicles.vin = benefits.vin
    left join switches on vehicles.store_id = switches.store_id
    left join do_not_call on vehicles.phone = do_not_call.phone
    left join results on vehicles.store_id = results.store_id and vehicles.vin = results.vin

)

select * from joined
