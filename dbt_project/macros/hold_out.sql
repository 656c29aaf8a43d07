{# The place of a VIN in the draw of the hold-out, 0 to 9999; independent of any other hash of it. #}
{% macro hold_out_draw(vin) -%}
    cast(md5_number_lower('hold_out:' || {{ vin }}) % 10000 as integer)
{%- endmacro %}

{# Wilson's bound of a share (hits of trials) at quantile z; sign '-' is the lower, '+' the upper one. #}
{% macro wilson_bound(hits, trials, z, sign) -%}
    (
        2 * {{ hits }} + {{ z }} * {{ z }}
        {{ sign }} {{ z }} * sqrt(
            {{ z }} * {{ z }} + 4 * {{ hits }} * ({{ trials }} - {{ hits }}) / {{ trials }}
        )
    ) / (2 * ({{ trials }} + {{ z }} * {{ z }}))
{%- endmacro %}
