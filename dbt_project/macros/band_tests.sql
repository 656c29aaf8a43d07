{#
    Bands of whole days (least to most, empty: no bound) that leave a gap or an overlap on a day
    they are in force.
#}
{% test day_bands_meet(model) %}
with

days as (

    select distinct store_id, effective_from as day from {{ model }}

),

in_force as (

    select
        days.store_id,
        days.day,
        coalesce(bands.least_days, -1000000) as least_days,
        coalesce(bands.most_days, 1000000) as most_days
    from days
    inner join {{ model }} as bands
        on
            days.store_id = bands.store_id
            and days.day between bands.effective_from and bands.effective_to

)

select * from in_force
qualify
    least_days > most_days
    or least_days <> coalesce(
        lag(most_days) over (partition by store_id, day order by least_days, most_days) + 1, -1000000
    )
    or (
        lead(most_days) over (partition by store_id, day order by least_days, most_days) is null
        and most_days <> 1000000
    )
{% endtest %}
