with

packages as (

    select * from {{ ref('int_gift_package_calculate') }}

),

contents as (

    select
        store_id,
        package,
        string_agg(zh || '×' || quantity, ';' order by position) as contents_zh,
        string_agg(en || ' ×' || quantity, '; ' order by position) as contents_en
    from {{ ref('int_gift_content_resolve') }}
    where {{ as_of() }} between effective_from and effective_to
    group by all

),

described as (

    select
        packages.store_id,
        packages.package,
        packages.zh,
        packages.en,
        packages.premium_from,
        packages.budget_amount,
        packages.cost_amount,
        packages.retail_amount,
        packages.retail_is_above,
        packages.residual_commission_amount,
        packages.retail_least_amount,
        packages.keeps_retail_rule,
        packages.voucher_amount,
        packages.voucher_uses,
        contents.contents_zh,
        contents.contents_en
    from packages
    left join contents using (store_id, package)

)

select * from described
