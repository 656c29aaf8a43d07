with

rows_of_lists as (

    select * from {{ ref('int_call_row_cut') }}
    where is_listed

),

texts as (

    select * from {{ ref('int_text_map') }}

),

situations as (

    select
        list_id,
        row_id,
        list_for_on,
        trade_type,
        case when expiry_is_estimated then 'call_reason.estimated' end as estimated_key,
        promised_on,
        is_promised,
        days_left,
        quoted_amount,
        feedback_zh,
        feedback_en,
        coalesce(is_last_contact_answered, false) as is_answered,
        last_contact_on is not null as is_contacted,
        coalesce(last_effect = 'claimed', false) as is_claimed,
        urgency,
        last_reason_group,
        floor(abs(quote_change_rate) * 100 + 0.5)::integer as change_percent,
        quote_change_rate < 0 as is_lower,
        case
            when days_left > 0 then 'call_reason.days_left'
            when days_left = 0 then 'call_reason.expires_today'
            else 'call_reason.lapsed'
        end as due_key

    from rows_of_lists

),

keyed as (

    select
        *,
        case
            when is_promised and promised_on = list_for_on then 'call_reason.promised'
            when is_promised then 'call_reason.promise_missed'
        end as promise_key,
        case
            when change_percent = 0 then 'call_reason.quote_same'
            when is_lower then 'call_reason.quote_lower'
            when change_percent > 0 then 'call_reason.quote_higher'
            when quoted_amount is null and urgency <> 'normal' then 'call_reason.unquoted'
        end as price_key,
        case
            when is_claimed then 'claimed_renewal'
            when is_promised then 'promised'
            when urgency = 'overdue' then 'recover'
            when urgency = 'last_10_days' and quoted_amount is null then 'quote_and_close'
            when urgency = 'last_10_days' then 'close'
            when not is_contacted then 'first_call'
            when not is_answered then 'retry'
            when quoted_amount is null then 'quote'
            else 'follow_up'
        end as action,
        case
            when is_claimed then 'claimed_renewal'
            when is_promised then 'promised'
            when urgency = 'overdue' then 'lapsed'
            when urgency = 'last_10_days' then 'last_10_days'
            when not is_contacted then 'first_call'
            when not is_answered then 'no_answer'
            else 'follow_up'
        end as situation,
        coalesce(last_reason_group, 'none') as objection

    from situations

),

final as (

    select
        keyed.list_id,
        keyed.row_id,
        keyed.action,
        keyed.situation,
        keyed.objection,
    {% for language, glue in [('zh', ';'), ('en', '; ')] -%}
        concat_ws(
            '{{ glue }}',
            replace(texts.{{ language }}[keyed.due_key], '{n}', abs(keyed.days_left)::varchar),
            texts.{{ language }}[keyed.estimated_key],
            texts.{{ language }}['call_reason.' || keyed.trade_type],
            keyed.feedback_{{ language }},
            replace(
                texts.{{ language }}[keyed.promise_key],
                '{n}', (keyed.list_for_on - keyed.promised_on)::varchar
            ),
            replace(
                texts.{{ language }}[keyed.price_key],
                '{n}', coalesce(keyed.change_percent, 0)::varchar
            )
        ) as call_reason_{{ language }}{{ ',' if not loop.last }}
    {% endfor %}
    from keyed
    cross join texts

)

select * from final
