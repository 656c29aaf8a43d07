{#
    One row per row of a list of a store that has benefits on staff lists on its day: up to where the
    customer may be offered something, the next step now and who approves it (fct_concession_ceiling),
    the gift package that fits inside that step, and what the customer may still use.
#}
with

listed as (

    select * from {{ ref('int_call_row_cut') }}
    where is_listed

),

switches as (

    select * from {{ ref('int_offer_switch_resolve') }}
    where
        switch = 'benefits_on_staff_lists'
        and is_on

),

ceilings as (

    select * from {{ ref('fct_concession_ceiling') }}

),

margins as (

    select * from {{ ref('int_call_margin') }}

),

packages as (

    select * from {{ ref('int_gift_package_calculate') }}

),

benefits as (

    select * from {{ ref('int_benefit_left') }}

),

final as (

    select
        listed.list_id,
        listed.row_id,
        ceilings.ceiling_rate as offer_ceiling_rate,
        ceilings.recommended_rate as offer_rate,
        ceilings.recommended_authority as offer_authority,
        packages.zh as offer_package,
        packages.en as offer_package_en,
        coalesce(benefits.voucher_uses_left, 0) as offer_voucher_uses_left,
        coalesce(benefits.voucher_amount_left, 0)::decimal(18, 2) as offer_voucher_amount_left,
        coalesce(benefits.service_uses_left, 0) as offer_service_uses_left

    from listed
    inner join switches
        on
            listed.store_id = switches.store_id
            and listed.list_for_on between switches.effective_from and switches.effective_to
    left join ceilings
        on
            listed.store_id = ceilings.store_id
            and listed.vehicle_key = ceilings.vehicle_key
            and listed.expiry_month = ceilings.expiry_month
    left join margins on listed.vin = margins.vin
    left join packages
        on
            margins.store_id = packages.store_id
            and margins.package = packages.package
            and margins.package_cost_amount
            <= margins.commercial_amount * ceilings.recommended_rate
    left join benefits
        on
            listed.store_id = benefits.store_id
            and listed.vin = benefits.vin

)

select * from final
