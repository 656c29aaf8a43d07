{#
    By month of the day cover starts. A use without a cover stands in the month it happened, with no clause
    version.
#}
with

due as (

    select * from {{ ref('int_entitlement_due') }}
    where cover_starts_on < {{ as_of() }}

),

uses as (

    select * from {{ ref('int_entitlement_use_judge') }}

),

used as (

    select
        term_id,
        entitlement,
        count(*) as uses,
        count(*) filter (where verdict <> 'entitled') as unentitled_uses,
        sum(cost_amount) as cost_amount
    from uses
    where term_id is not null
    group by all

),

rows_of_covers as (

    select
        due.store_id,
        due.entitlement,
        due.clause_version,
        cast(date_trunc('month', due.cover_starts_on) as date) as month,
        1 as entitled_covers,
        due.uses as due_uses,
        cast((used.term_id is not null) as integer) as using_covers,
        coalesce(used.uses, 0) as uses,
        coalesce(used.unentitled_uses, 0) as unentitled_uses,
        used.cost_amount
    from due
    left join used on due.term_id = used.term_id and due.entitlement = used.entitlement

    union all

    select
        store_id,
        entitlement,
        'none' as clause_version,
        cast(date_trunc('month', used_at) as date) as month,
        0 as entitled_covers,
        null as due_uses,
        0 as using_covers,
        1 as uses,
        1 as unentitled_uses,
        cost_amount
    from uses
    where term_id is null

),

counted as (

    select
        store_id,
        entitlement,
        clause_version,
        month,
        cast(sum(entitled_covers) as bigint) as entitled_covers,
        cast(sum(due_uses) as bigint) as due_uses,
        cast(sum(using_covers) as bigint) as using_covers,
        cast(sum(uses) as bigint) as uses,
        cast(sum(unentitled_uses) as bigint) as unentitled_uses,
        cast(coalesce(sum(cost_amount), 0) as decimal(18, 2)) as cost_amount
    from rows_of_covers
    group by all

)

select * from counted
