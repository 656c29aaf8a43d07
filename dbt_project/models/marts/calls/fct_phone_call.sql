with

calls as (

    select * from {{ ref('int_call_fold') }}

),

candidates as (

    select
        store_id,
        phone,
        max(candidates) as candidates,
        max(customer_store_id) filter (where is_chosen) as customer_store_id,
        max(customer_id) filter (where is_chosen) as customer_id,
        max(match_rule) filter (where is_chosen) as match_rule

    from {{ ref('int_phone_customer_bridge') }}
    group by all

),

phones as (

    select distinct
        store_id,
        phone

    from calls
    where phone is not null

),

-- a key per number, not per call
people as (

    select
        phones.store_id,
        phones.phone,
        {{ pseudonym("'phone:' || phones.phone") }} as phone_key,
        coalesce(candidates.candidates, 0) as candidates,
        {{ pseudonym("'customer:' || customer_store_id || ':' || customer_id") }} as customer_key,
        case
            when candidates.phone is null then 'no_candidate'
            else coalesce(candidates.match_rule, 'several_candidates')
        end as match_rule

    from phones
    left join candidates
        on
            phones.store_id is not distinct from candidates.store_id
            and phones.phone = candidates.phone

),

final as (

    select
        left(sha256(calls.source_name || '|' || calls.call_id), 32) as call_key,
        calls.store_id,
        calls.called_on,
        calls.started_at,
        calls.direction,
        calls.staff_id,
        calls.staff_match,
        calls.is_answered,
        calls.talk_seconds,
        calls.wait_seconds,
        calls.legs,
        calls.is_number_hidden,
        people.phone_key,
        people.customer_key,
        coalesce(people.candidates, 0) as customer_candidates,
        case
            when calls.direction = 'internal' then 'internal'
            when calls.is_number_hidden then 'hidden_number'
            else coalesce(people.match_rule, 'no_candidate')
        end as customer_match

    from calls
    left join people
        on
            calls.store_id is not distinct from people.store_id
            and calls.phone = people.phone

)

select * from final
