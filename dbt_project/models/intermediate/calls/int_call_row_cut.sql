{#
    One row per row of int_call_row_order, on the list as far as the minutes of its person reach: of
    several roles the specialist's, else the first by name.
#}
with

ordered as (

    select
        *,
        coalesce(
            max(role) filter (where role = 'renewal_specialist') over lists, min(role) over lists
        ) as list_role
    from {{ ref('int_call_row_order') }}
    window lists as (partition by list_id)

),

capacity as (

    select
        store_id,
        role as list_role,
        day as list_for_on,
        rows
    from {{ ref('int_call_capacity') }}

),

cut as (

    select
        ordered.*,
        coalesce(ordered.sequence_number <= capacity.rows, true) as is_listed
    from ordered
    left join capacity using (store_id, list_role, list_for_on)

)

select * from cut
