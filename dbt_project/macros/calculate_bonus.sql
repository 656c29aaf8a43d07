{#
    Bonus (L209) = base × A × B of every row of a relation with counts (int_bonus_count and what has its columns).
    The one place of the formula: the night's bonus, what the next vehicle is worth, a closed month recomputed, and
    `make whatif`. `also` names further columns that are carried through; `tiers` is a relation like statement_plan:
    the tiers of each store and month.
#}
{% macro calculate_bonus(counts, tiers, also=[]) -%}
with

counts as (

    select * from {{ counts }}

),

-- integers: bounds in hundredths of a percent, coefficients in ten-thousandths; a list of tiers per
-- metric, because a join on bounds compares each person with the tiers of every store
tiers as (

    select
        store_id,
        month,
        {%- for metric in ['full_coverage', 'attainment'] %}
        list({
            'tier': tier,
            'lower_inclusive': lower_inclusive,
            'upper_inclusive': upper_inclusive,
            'lower_bound': (lower_percent * 100)::hugeint,
            'upper_bound': (upper_percent * 100)::hugeint,
            'lower_coefficient': (coefficient_lower * 10000)::hugeint,
            'upper_coefficient': (coefficient_upper * 10000)::hugeint,
            'is_linear': interpolation = 'linear' and upper_percent > lower_percent
        } order by tier) filter (where metric = '{{ metric }}') as {{ metric }}_tiers
        {{- ',' if not loop.last }}
        {%- endfor %}

    from {{ tiers }}
    group by all

),

-- A is a whole percent, half-up; B stays a pair of integers: value ÷ unit, in tier units
measured as (

    select
        *,
        (
            (200 * full_cover_vehicles + renewed_vehicles) // nullif(2 * renewed_vehicles, 0)
        )::hugeint * 100 as value_a,
        renewed_vehicles::hugeint * 100000000 as value_b,
        (bonus_target_multiplier * 10000)::hugeint * renewable_vehicles as unit_b

    from counts

),

found as (

    select
        measured.*,
        list_filter(
            tiers.full_coverage_tiers,
            lambda t: (value_a > t.lower_bound or (value_a = t.lower_bound and t.lower_inclusive))
            and (value_a < t.upper_bound or (value_a = t.upper_bound and t.upper_inclusive))
        ) as found_a,
        list_filter(
            tiers.attainment_tiers,
            lambda t: unit_b > 0
            and (
                value_b > t.lower_bound * unit_b
                or (value_b = t.lower_bound * unit_b and t.lower_inclusive)
            )
            and (
                value_b < t.upper_bound * unit_b
                or (value_b = t.upper_bound * unit_b and t.upper_inclusive)
            )
        ) as found_b

    from measured
    left join tiers on measured.store_id = tiers.store_id and measured.month = tiers.month

),

-- a rate that does not exist falls in no tier: coefficient 0; and no rate in two
placed as (

    select
        * exclude (found_a, found_b),
        case when len(found_a) = 1 then found_a[1] end as a,
        case when len(found_b) = 1 then found_b[1] end as b

    from found

),

tiered as (

    select
        * exclude (a, b),
        a.tier as tier_a,
        b.tier as tier_b,
        case
            when a.is_linear
                then
                    a.lower_coefficient * (a.upper_bound - a.lower_bound)
                    + (a.upper_coefficient - a.lower_coefficient) * (value_a - a.lower_bound)
            else coalesce(a.lower_coefficient, 0)
        end as numerator_a,
        case when a.is_linear then 10000 * (a.upper_bound - a.lower_bound) else 10000 end
            as denominator_a,
        case
            when b.is_linear
                then
                    b.lower_coefficient * (b.upper_bound - b.lower_bound) * unit_b
                    + (b.upper_coefficient - b.lower_coefficient)
                    * (value_b - b.lower_bound * unit_b)
            else coalesce(b.lower_coefficient, 0)
        end as numerator_b,
        case when b.is_linear then 10000 * (b.upper_bound - b.lower_bound) * unit_b else 10000 end
            as denominator_b

    from placed

),

-- every fraction is rounded once, half-up, in integers
priced as (

    select
        store_id,
        staff_id,
        role,
        month,
        {%- for column in also %}
        {{ column }},
        {%- endfor %}
        plan_id,
        bonus_target_multiplier,
        renewable_vehicles,
        renewed_vehicles,
        full_cover_vehicles,
        base_amount,
        tier_a,
        tier_b,
        value_a::decimal(18, 0) * 0.0001::decimal(5, 4) as full_coverage_rate,
        {{ half_up('renewed_vehicles', 'nullif(renewable_vehicles, 0)', 6) }} as attainment_rate,
        {{ half_up('numerator_a', 'denominator_a', 6) }} as coefficient_a,
        {{ half_up('numerator_b', 'denominator_b', 6) }} as coefficient_b,
        {{ half_up(
            '(base_amount * 100)::hugeint * numerator_a * numerator_b',
            '100 * denominator_a * denominator_b', 2
        ) }} as bonus_amount

    from tiered

)

select * from priced
{%- endmacro %}
