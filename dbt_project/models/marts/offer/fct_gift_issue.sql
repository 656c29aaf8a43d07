{#
    The premium is that of the policy the gift was given with, else that of the renewal it belongs to.
#}
with

gifts as (

    select * from {{ ref('stg_dms__gift_issue') }}

),

packages as (

    select * from {{ ref('int_gift_package_resolve') }}

),

parameters as (

    select * from {{ ref('int_offer_parameter_resolve') }}
    where parameter in ('gift_budget_rate', 'gift_retail_least_share')

),

policies as (

    select
        vin,
        policy_number,
        sum(premium_amount) as premium_amount
    from {{ ref('int_policy_money') }}
    where policy_kind = 'commercial'
    group by all

),

renewals as (

    select
        matches.record_number as issue_number,
        matches.expiry_month,
        money.commercial_premium_amount
    from {{ ref('int_offer_match') }} as matches
    left join {{ ref('int_renewal_money') }} as money using (store_id, vin, expiry_month)
    where matches.record_kind = 'gift'

),

joined as (

    select
        gifts.store_id,
        gifts.issue_number,
        {{ pseudonym("'vin:' || gifts.vin") }} as vehicle_key,
        renewals.expiry_month,
        gifts.package,
        gifts.staff_id,
        gifts.issued_on,
        gifts.approver,
        packages.premium_from,
        cast(
            coalesce(policies.premium_amount, nullif(renewals.commercial_premium_amount, 0))
            as decimal(18, 2)
        ) as premium_amount,
        gifts.cost_amount,
        packages.cost_amount as planned_cost_amount,
        coalesce(gifts.retail_amount, packages.retail_amount) as retail_amount,
        budgets.value as gift_budget_rate,
        retails.value as gift_retail_least_share
    from gifts
    left join packages
        on
            gifts.store_id = packages.store_id
            and gifts.package = packages.package
            and gifts.issued_on between packages.effective_from and packages.effective_to
    left join parameters as budgets
        on
            gifts.store_id = budgets.store_id
            and budgets.parameter = 'gift_budget_rate'
            and gifts.issued_on between budgets.effective_from and budgets.effective_to
    left join parameters as retails
        on
            gifts.store_id = retails.store_id
            and retails.parameter = 'gift_retail_least_share'
            and gifts.issued_on between retails.effective_from and retails.effective_to
    left join policies on gifts.vin = policies.vin and gifts.policy_number = policies.policy_number
    left join renewals on gifts.issue_number = renewals.issue_number

),

judged as (

    select
        * exclude (gift_retail_least_share, gift_budget_rate),
        cast(premium_amount * gift_budget_rate as decimal(18, 2)) as budget_amount,
        cast(premium_amount * gift_retail_least_share as decimal(18, 2)) as retail_least_amount,
        premium_amount < premium_from as is_below_band,
        cost_amount > cast(premium_amount * gift_budget_rate as decimal(18, 2)) as is_above_budget,
        retail_amount <= premium_amount * gift_retail_least_share as fails_retail_rule
    from joined

)

select * from judged
