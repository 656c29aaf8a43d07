{#
    Bands of whole numbers (least to most, empty: no bound) that leave a gap or an overlap on a day
    they are in force.
#}
{% test bands_meet(model, least, most) %}
with

days as (

    select distinct store_id, effective_from as day from {{ model }}

),

in_force as (

    select
        days.store_id,
        days.day,
        coalesce(bands.{{ least }}, -1000000) as least,
        coalesce(bands.{{ most }}, 1000000) as most
    from days
    inner join {{ model }} as bands
        on
            days.store_id = bands.store_id
            and days.day between bands.effective_from and bands.effective_to

)

select * from in_force
qualify
    least > most
    or least <> coalesce(
        lag(most) over (partition by store_id, day order by least, most) + 1, -1000000
    )
    or (
        lead(most) over (partition by store_id, day order by least, most) is null
        and most <> 1000000
    )
{% endtest %}
