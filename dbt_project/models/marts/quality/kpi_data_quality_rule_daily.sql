with

batches as (

    select * from {{ ref('fct_batch') }}

),

-- counts of records per rule or kind, as JSON
counts as (

    select
        received_on,
        source,
        extract,
        entity,
        'quarantined' as kind,
        rules as counted
    from batches
    union all
    select
        received_on,
        source,
        extract,
        entity,
        'told' as kind,
        warnings as counted
    from batches
    union all
    select
        received_on,
        source,
        extract,
        entity,
        'declared' as kind,
        declared_kinds as counted
    from batches

),

of_records as (

    select
        received_on,
        source,
        extract,
        entity,
        kind,
        unnest(json_keys(counted)) as rule,
        counted
    from counts
    where counted is not null

),

of_files as (

    select
        received_on,
        source,
        extract,
        entity,
        'file' as kind,
        unnest(json_extract_string(faults, '$[*]')) as rule
    from batches
    where faults is not null

),

together as (

    select
        received_on,
        source,
        extract,
        entity,
        kind,
        rule,
        (counted ->> ('$."' || rule || '"'))::bigint as found
    from of_records
    union all
    select
        received_on,
        source,
        extract,
        entity,
        kind,
        rule,
        1 as found
    from of_files

),

final as (

    select
        received_on,
        source,
        extract,
        entity,
        kind,
        rule,
        case
            when kind = 'declared' then null
            when split_part(rule, ':', 1) in ('file', 'row', 'key') then rule
            else split_part(rule, ':', -1)
        end as rule_id,
        sum(found)::bigint as records

    from together
    group by all

)

select * from final
