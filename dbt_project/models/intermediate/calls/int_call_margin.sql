{#
    One row per candidate with what its renewal would leave (DOMAIN §6), in yuan. Concession and gift
    are the vehicle's ceiling together; a gift that costs more is none. Budget for an unknown cost.
#}
with

candidates as (

    select * from {{ ref('int_call_candidate_select') }}

),

rates as (

    select * from {{ ref('stg_insurer__commission_rate') }}

),

packages as (

    select
        store_id,
        package,
        premium_from,
        lead(premium_from) over (partition by store_id order by premium_from, package)
            as premium_below,
        coalesce(cost_amount, budget_amount) as cost_amount
    from {{ ref('int_gift_package_calculate') }}

),

premiums as (

    select
        candidates.store_id,
        candidates.vin,
        candidates.expiry_month,
        candidates.segment,
        candidates.hold_out,
        candidates.list_for_on as signed_on,
        quotes.vin is not null as is_quoted,
        coalesce(quotes.quoted_insurer_code, candidates.expiring_insurer_code) as insurer_code,
        if(insurer_code = candidates.expiring_insurer_code, 'renewal', 'transfer')
            as business_type,
        coalesce(quotes.quoted_commercial_amount, candidates.expiring_commercial_amount, 0)
            as commercial_amount,
        coalesce(quotes.quoted_compulsory_amount, candidates.expiring_compulsory_amount, 0)
            as compulsory_amount
    from candidates
    left join {{ ref('int_call_quote_match') }} as quotes on candidates.vin = quotes.vin

),

asked as (

    select distinct
        premiums.store_id,
        premiums.insurer_code,
        kinds.policy_kind,
        premiums.business_type,
        premiums.signed_on
    from premiums
    cross join (values ('commercial'), ('compulsory')) as kinds (policy_kind)

),

looked_up as (

    {{ agreed_commission_rate('asked', 'rates') }}

),

earned as (

    select
        premiums.* exclude (insurer_code, business_type, signed_on),
        case
            when premiums.commercial_amount + premiums.compulsory_amount > 0
                then cast(
                    if(commercial_amount = 0, 0, commercial_amount * commercial.agreed_rate)
                    + if(compulsory_amount = 0, 0, compulsory_amount * compulsory.agreed_rate)
                    as decimal(18, 2)
                )
        end as commission_amount,
        cast(premiums.commercial_amount * ceilings.ceiling_rate as decimal(18, 2))
            as ceiling_amount
    from premiums
    left join {{ ref('int_concession_ceiling') }} as ceilings
        using (store_id, vin, expiry_month)
    {% for kind in ['commercial', 'compulsory'] -%}
        left join looked_up as {{ kind }}
            on
                premiums.store_id = {{ kind }}.store_id
                and premiums.insurer_code = {{ kind }}.insurer_code
                and premiums.business_type = {{ kind }}.business_type
                and {{ kind }}.policy_kind = '{{ kind }}'
    {% endfor %}

),

final as (

    select
        earned.* exclude (compulsory_amount, hold_out, ceiling_amount),
        packages.package,
        packages.cost_amount as package_cost_amount,
        if(packages.cost_amount <= ceiling_amount, packages.cost_amount, 0) as gift_cost_amount,
        ceiling_amount - gift_cost_amount as concession_amount,
        cast(commission_amount - ceiling_amount as decimal(18, 2)) as margin_amount
    from earned
    left join packages
        on
            earned.store_id = packages.store_id
            and earned.hold_out <> 'gift'
            and earned.commercial_amount >= packages.premium_from
            and earned.commercial_amount < coalesce(packages.premium_below, 1000000000)

)

select * from final
