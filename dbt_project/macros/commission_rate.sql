{#
    The rate that an insurer agreed to pay for each row of `asked` (store_id, insurer_code, policy_kind, business_type,
    signed_on; no two alike) out of `rates` (stg_insurer__commission_rate), as agreed_rate: the store's before
    everybody's, the business type's before any. What nobody agreed has no row.
#}
{% macro agreed_commission_rate(asked, rates) -%}
select
        {{ asked }}.*,
        cast({{ rates }}.rate as decimal(18, 6)) as agreed_rate
    from {{ asked }}
    inner join {{ rates }}
        on
            {{ asked }}.insurer_code = {{ rates }}.insurer_code
            and {{ asked }}.policy_kind = {{ rates }}.policy_kind
            and {{ asked }}.signed_on >= {{ rates }}.valid_from
            and {{ asked }}.signed_on <= coalesce({{ rates }}.valid_to, date '9999-12-31')
            and {{ asked }}.store_id = coalesce({{ rates }}.store_code, {{ asked }}.store_id)
            and (
                {{ rates }}.business_type is null
                or {{ asked }}.business_type = {{ rates }}.business_type
            )
    qualify row_number() over (
        partition by
            {{ asked }}.store_id, {{ asked }}.insurer_code, {{ asked }}.policy_kind,
            {{ asked }}.business_type, {{ asked }}.signed_on
        order by
            {{ rates }}.store_code is null,
            {{ rates }}.business_type is null,
            {{ rates }}.valid_from desc,
            {{ rates }}.rate asc
    ) = 1
{%- endmacro %}
