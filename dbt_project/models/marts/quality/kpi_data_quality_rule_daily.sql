with

batches as (

    select * from {{ ref('fct_batch') }}

),

broken as (

    select
        received_on,
        source,
        extract,
        entity,
        'quarantined' as kind,
        rules as counts,
        unnest(json_keys(rules)) as rule

    from batches
    where rules is not null

),

declared as (

    select
        received_on,
        source,
        extract,
        entity,
        'declared' as kind,
        declared_kinds as counts,
        unnest(json_keys(declared_kinds)) as rule

    from batches
    where declared_kinds is not null

),

together as (

    select * from broken
    union all
    select * from declared

),

final as (

    select
        received_on,
        source,
        extract,
        entity,
        kind,
        rule,
        sum((counts ->> ('$."' || rule || '"'))::bigint)::bigint as records

    from together
    group by all

)

select * from final
