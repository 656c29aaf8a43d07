{# numerator ÷ denominator, rounded half-up once to `scale` places, in integers: never through DOUBLE (not negative) #}
{% macro half_up(numerator, denominator, scale) -%}
(
    (
        (2 * ({{ numerator }})::hugeint * {{ 10 ** scale }} + ({{ denominator }})::hugeint)
        // (2 * ({{ denominator }})::hugeint)
    )::decimal(18, 0) * {{ '0.' ~ '0' * (scale - 1) ~ '1' }}::decimal({{ scale + 1 }}, {{ scale }})
)::decimal(18, {{ scale }})
{%- endmacro %}
