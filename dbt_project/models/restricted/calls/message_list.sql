{# Wording for the customer; about benefits only where the store's lawyers cleared it (§5). #}
with

messages as (

    select * from {{ ref('int_message_select') }}

),

stores as (

    select * from {{ ref('int_store_list') }}

),

switches as (

    select * from {{ ref('int_offer_switch_resolve') }}
    where switch = 'benefits_cleared_by_legal'

),

texts as (

    select * from {{ ref('int_text_map') }}

),

keyed as (

    select
        messages.*,
        stores.store_name,
        if(coalesce(switches.is_on, false), 'message.with_benefits', 'message.neutral') as text_key
    from messages
    inner join stores using (store_id)
    left join switches
        on
            messages.store_id = switches.store_id
            and messages.list_for_on between switches.effective_from and switches.effective_to

),

final as (

    select
        keyed.list_for_on,
        keyed.store_id,
        keyed.vehicle_key,
        keyed.expiry_month,
        keyed.customer_name,
        keyed.phone,
        keyed.plate_number,
        keyed.model,
        keyed.first_expires_on,
        keyed.days_left,
        keyed.consent_number,
        keyed.call_from_hour,
        keyed.call_until_hour,
    {% for language in ['zh', 'en'] -%}
        replace(
            replace(
                replace(
                    replace(
                        texts.{{ language }}[keyed.text_key],
                        '{customer}', coalesce(keyed.customer_name, '')
                    ), '{plate}', coalesce(keyed.plate_number, '')
                ), '{store}', keyed.store_name
            ), '{day}', keyed.first_expires_on::varchar
        ) as text_{{ language }}{{ ',' if not loop.last }}
    {% endfor %}
    from keyed
    cross join texts

)

select * from final
