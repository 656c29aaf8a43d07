{#
    Counted like the bonus: the expiry month, if signed by its last day.
#}
with

wins as (

    select * from {{ ref('int_renewal_win') }}
    where renewed_on <= last_day(expiry_month) and won_by_staff is not null

),

rules as (

    select * from {{ ref('int_incentive_rule_resolve') }}

),

margins as (

    select * from {{ ref('int_high_margin_cover_resolve') }}

),

policies as (

    select * from {{ ref('int_policy_expire') }}
    where policy_kind = 'commercial' and cancelled_on is null

),

vehicles as (

    select
        wins.store_id,
        wins.won_by_staff as staff_id,
        wins.won_by_role as role,
        wins.expiry_month as month,
        'renewed_vehicle' as incentive_kind,
        wins.won_by_step,
        wins.segment,
        null::varchar as cover_code,
        rules.stage,
        coalesce(rules.unit_amount, 0)::decimal(18, 2) as unit_amount

    from wins
    left join
        rules
        on
            wins.store_id = rules.store_id
            and wins.won_by_role = rules.role
            and wins.won_by_step = rules.step
            and wins.segment = rules.segment
            and wins.expiry_month between rules.effective_from and rules.effective_to

),

held as (

    select
        wins.*,
        policies.signed_on,
        unnest(string_split(policies.covers, ';')) as cover_code

    from wins
    inner join
        policies
        on
            wins.vin = policies.vin
            and wins.renewed_insurer_code = policies.insurer_code
            and wins.renewed_policy_number = policies.policy_number

),

covers as (

    select
        held.store_id,
        held.won_by_staff as staff_id,
        held.won_by_role as role,
        held.expiry_month as month,
        'high_margin_cover' as incentive_kind,
        held.won_by_step,
        held.segment,
        held.cover_code,
        null::varchar as stage,
        margins.unit_amount

    from held
    inner join
        margins
        on
            held.store_id = margins.store_id
            and held.cover_code = margins.cover_code
            and held.signed_on between margins.effective_from and margins.effective_to

),

earned as (

    select * from vehicles
    union all by name
    select * from covers

),

counted as (

    select
        *,
        count(*) as units

    from earned
    group by all

)

select * from counted
