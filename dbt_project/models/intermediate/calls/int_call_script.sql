{#
    One row per row of a list with what to say: the script in force on the day that names the row's
    situation, objection, step and segment, one that names an earlier of them before one for any
    ('*'), filled in with what is known. An estimated expiry is no fact to tell a customer.
#}
with

listed as (

    select * from {{ ref('int_call_row_cut') }}
    where is_listed

),

scripts as (

    select * from {{ ref('int_script_resolve') }}

),

people as (

    select * from {{ ref('call_list_recipient') }}

),

quotes as (

    select * from {{ ref('int_call_quote_match') }}

),

chosen as (

    select
        listed.*,
        scripts.zh as script_zh,
        scripts.en as script_en
    from listed
    inner join {{ ref('int_call_row_word') }} as words using (list_id, row_id)
    inner join scripts
        on
            listed.store_id = scripts.store_id
            and listed.list_for_on between scripts.effective_from and scripts.effective_to
            and scripts.situation in ('*', words.situation)
            and scripts.objection in ('*', words.objection)
            and scripts.step in ('*', listed.step)
            and scripts.segment in ('*', listed.segment)
    qualify row_number() over (
        partition by listed.list_id, listed.row_id
        order by
            scripts.situation = '*', scripts.objection = '*', scripts.step = '*',
            scripts.segment = '*'
    ) = 1

),

facts as (

    select
        chosen.list_id,
        chosen.row_id,
        if(chosen.expiry_is_estimated, null, chosen.days_left) as days,
    {%- for language, format in [('zh', '%-m月%-d日'), ('en', '%-d %B')] %}
        replace(chosen.script_{{ language }}, '{opening}', texts.{{ language }}['script.opening'])
            as script_{{ language }},
        map {
            'customer': chosen.customer_name,
            'store': people.store_name,
            'role': texts.{{ language }}['role.' || chosen.role],
            'staff': people.staff_name,
            'model': chosen.model,
            'first_expires_on': if(
                days is null, null, strftime(chosen.first_expires_on, '{{ format }}')
            ),
            'days_left': if(days > 0, days, null)::varchar,
            'days_lapsed': if(days < 0, -days, null)::varchar,
            'insurer': texts.{{ language }}['insurer.' || chosen.expiring_insurer_code],
            'claim_free_years': nullif(years.claim_free_years, 0)::varchar,
            'quoted_amount': regexp_replace(chosen.quoted_amount::varchar, '\.0+$', ''),
            'quoted_insurer': texts.{{ language }}['insurer.' || quotes.quoted_insurer_code],
            'lower_percent': nullif(
                floor(greatest(-chosen.quote_change_rate, 0) * 100 + 0.5), 0
            )::integer::varchar
        } as facts_{{ language }}{{ ',' if not loop.last }}
    {%- endfor %}
    from chosen
    left join people on chosen.list_id = people.list_id
    left join quotes on chosen.vin = quotes.vin
    left join {{ ref('int_claim_free') }} as years
        on
            chosen.store_id = years.store_id
            and chosen.vin = years.vin
            and chosen.expiry_month = years.expiry_month
    cross join {{ ref('int_text_map') }} as texts

),

final as (

    select
        list_id,
        row_id,
        {{ fill_script('script_zh', 'facts_zh') }} as script_zh,
        {{ fill_script('script_en', 'facts_en') }} as script_en
    from facts

)

select * from final
