{#
    A number as a telephone system dialled or showed it, in the one form that customers' numbers have: a mobile with
    its 11 digits, a landline with trunk zero and area code. Outside-line 9, country code (+86, 0086, 86) and a trunk
    zero before a mobile go. Any other number of seven digits or more stays as its digits; shorter ones are desks of the
    house, and what has no digit was hidden: NULL.
#}
{% macro phone_number(number) -%}
    {%- set digits = "regexp_replace(" ~ number ~ ", '[^0-9]', '', 'g')" -%}
    coalesce(
        nullif(regexp_extract({{ digits }}, '^9?0?(?:00)?(?:86)?0?(1[3-9][0-9]{9})$', 1), ''),
        nullif(regexp_extract({{ digits }}, '^9?(0[1-9][0-9]{8,10})$', 1), ''),
        '0' || nullif(regexp_extract({{ digits }}, '^9?(?:00)?860?([1-9][0-9]{8,10})$', 1), ''),
        case when length({{ digits }}) >= 7 then {{ digits }} end
    )
{%- endmacro %}
