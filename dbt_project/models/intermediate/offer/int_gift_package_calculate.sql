{#
    One row per store and package valid on as_of with what follows from its lower bound: budget,
    residual commission and the least retail value, by the parameters of as_of.
#}
with

packages as (

    select * from {{ ref('int_gift_package_resolve') }}
    where {{ as_of() }} between effective_from and effective_to

),

parameters as (

    select * from {{ ref('int_offer_parameter_resolve') }}
    where {{ as_of() }} between effective_from and effective_to

),

rated as (

    select
        packages.store_id,
        packages.package,
        packages.premium_from,
        packages.cost_amount,
        packages.retail_amount,
        packages.retail_is_above,
        packages.voucher_amount,
        packages.voucher_uses,
        packages.zh,
        packages.en,
    {%- for name in ['gift_budget_rate', 'gift_residual_share', 'gift_retail_least_share'] %}
        max(parameters.value) filter (where parameters.parameter = '{{ name }}') as {{ name }}
        {{- "," if not loop.last }}
    {%- endfor %}
    from packages
    left join parameters on packages.store_id = parameters.store_id
    group by all

),

calculated as (

    select
        * exclude (gift_budget_rate, gift_residual_share, gift_retail_least_share),
        cast(premium_from * gift_budget_rate as decimal(18, 2)) as budget_amount,
        cast(premium_from * gift_budget_rate * gift_residual_share as decimal(18, 2))
            as residual_commission_amount,
        cast(premium_from * gift_retail_least_share as decimal(18, 2)) as retail_least_amount
    from rated

),

judged as (

    select
        *,
        retail_amount > retail_least_amount
        or (retail_is_above and retail_amount = retail_least_amount) as keeps_retail_rule
    from calculated

)

select * from judged
