{#
    One row per store, role and day with lists: the minutes for calls of one person and the rows that
    fit into them (DOMAIN §6), by the parameters of that day. A share of the role's own,
    call_share_percent_<role>, goes before everybody's. 0 minutes a row: no limit.
#}
with

asked as (

    select distinct
        store_id,
        role,
        list_for_on as day
    from {{ ref('int_call_list_archived') }}

    union

    select distinct
        store_id,
        role,
        list_for_on as day
    from {{ ref('int_call_row_order') }}

    union

    select
        store_id,
        'renewal_specialist' as role,
        list_for_on as day
    from {{ ref('int_call_list_day') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}

),

numbers as (

    select
        asked.*,
        max(parameters.value) filter (where parameters.parameter = 'working_minutes')
            as working_minutes,
        max(parameters.value) filter (where parameters.parameter = 'minutes_per_row')
            as minutes_per_row,
        coalesce(
            max(parameters.value) filter (
                where parameters.parameter = 'call_share_percent_' || asked.role
            ),
            max(parameters.value) filter (where parameters.parameter = 'call_share_percent')
        ) as call_share_percent
    from asked
    inner join parameters
        on
            asked.store_id = parameters.store_id
            and asked.day between parameters.effective_from and parameters.effective_to
    group by all

),

final as (

    select
        store_id,
        role,
        day,
        minutes_per_row,
        working_minutes * call_share_percent // 100 as available_minutes,
        available_minutes // nullif(minutes_per_row, 0) as rows
    from numbers

)

select * from final
