{{ config(alias='due_universe') }}

with

compared as (

    select * from {{ ref('int_due_universe_compare') }}

),

today as (

    select * from {{ ref('int_due_universe') }}

),

before as (

    select * from {{ ref('int_due_universe_archived') }}

),

ceilings as (

    select * from {{ ref('int_concession_ceiling') }}

),

combined as (

    select
        compared.store_id,
        compared.vin,
        compared.expiry_month,
        coalesce(today.expires_on, before.expires_on) as expires_on,
        coalesce(today.expiry_is_estimated, before.expiry_is_estimated) as expiry_is_estimated,
        coalesce(today.segment, before.segment) as segment,
        coalesce(today.trade_type, before.trade_type) as trade_type,
        case when today.vin is null then before.book_owner else today.book_owner end as book_owner,
        cast(
            case when today.vin is null then before.target_rate else today.target_rate end
            as decimal(18, 6)
        ) as target_rate,
        coalesce(today.hold_out, before.hold_out) as hold_out,
        case when today.vin is null then before.frozen_on else today.frozen_on end as frozen_on,
        coalesce(today.is_late_entry, before.is_late_entry) as is_late_entry,
        cast(coalesce(ceilings.propensity_rate, before.propensity_rate) as decimal(18, 6))
            as propensity_rate,
        coalesce(ceilings.propensity_basis, before.propensity_basis) as propensity_basis,
        coalesce(ceilings.propensity_rank, before.propensity_rank) as propensity_rank,
        coalesce(ceilings.ranked_vehicles, before.ranked_vehicles) as ranked_vehicles,
        coalesce(ceilings.ceiling_step, before.ceiling_step) as ceiling_step,
        cast(coalesce(ceilings.ceiling_rate, before.ceiling_rate) as decimal(18, 6))
            as ceiling_rate,
        coalesce(ceilings.ceiling_authority, before.ceiling_authority) as ceiling_authority,
        coalesce(today.outcome, before.outcome) as outcome,
        compared.status,
        case
            when today.vin is null then before.source_record
            when compared.status = 'in' then today.source_record
            else 'ownership_change:' || today.change_number
        end as source_record
    from compared
    left join today
        on
            compared.store_id = today.store_id
            and compared.vin = today.vin
            and compared.expiry_month = today.expiry_month
    left join ceilings
        on
            compared.store_id = ceilings.store_id
            and compared.vin = ceilings.vin
            and compared.expiry_month = ceilings.expiry_month
    left join before
        on
            compared.store_id = before.store_id
            and compared.vin = before.vin
            and compared.expiry_month = before.expiry_month

)

select * from combined
