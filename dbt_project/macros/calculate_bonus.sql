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

-- integers: bounds in hundredths of a percent, coefficients in ten-thousandths
tiers as (

    select
        store_id,
        month,
        metric,
        tier,
        lower_inclusive,
        upper_inclusive,
        (lower_percent * 100)::hugeint as lower_bound,
        (upper_percent * 100)::hugeint as upper_bound,
        (coefficient_lower * 10000)::hugeint as lower_coefficient,
        (coefficient_upper * 10000)::hugeint as upper_coefficient,
        interpolation = 'linear' and upper_percent > lower_percent as is_linear

    from {{ tiers }}

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

-- a rate that does not exist falls in no tier: coefficient 0
tiered as (

    select
        measured.*,
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

    from measured
    left join tiers as a
        on
            measured.store_id = a.store_id
            and measured.month = a.month
            and a.metric = 'full_coverage'
            and (value_a > a.lower_bound or (value_a = a.lower_bound and a.lower_inclusive))
            and (value_a < a.upper_bound or (value_a = a.upper_bound and a.upper_inclusive))
    left join tiers as b
        on
            measured.store_id = b.store_id
            and measured.month = b.month
            and b.metric = 'attainment'
            and unit_b > 0
            and (
                value_b > b.lower_bound * unit_b
                or (value_b = b.lower_bound * unit_b and b.lower_inclusive)
            )
            and (
                value_b < b.upper_bound * unit_b
                or (value_b = b.upper_bound * unit_b and b.upper_inclusive)
            )

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
