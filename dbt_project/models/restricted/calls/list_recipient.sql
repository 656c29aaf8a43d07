with

stores as (

    select * from {{ ref('int_store_list') }}

),

days as (

    select * from {{ ref('int_call_list_day') }}

),

staff as (

    select * from {{ ref('int_staff_presence') }}

),

kinds as (

    select
        kind.list_kind,
        kind.role
    from (
        values
        ('service_lane', 'service_advisor'),
        ('data_gap', 'information_clerk'),
        ('hotline_follow_up', 'accident_promoter'),
        ('hotline_follow_up', 'accident_receptionist'),
        ('win_back', 'renewal_specialist'),
        ('message', 'information_clerk'),
        ('expiry_table', 'renewal_specialist'),
        ('expiry_wall', 'insurance_manager'),
        ('team', 'insurance_manager')
    ) as kind (list_kind, role)

),

active as (

    select
        staff.store_id,
        stores.store_name,
        staff.staff_id,
        staff.staff_name,
        staff.role,
        days.list_for_on

    from staff
    inner join stores on staff.store_id = stores.store_id
    inner join days
        on
            staff.store_id = days.store_id
            and days.list_for_on between staff.present_from and staff.present_to

),

meant as (

    select
        kinds.list_kind,
        active.*

    from kinds
    inner join active on kinds.role = active.role

),

-- a list that nobody of a store is there for goes to its insurance manager
final as (

    select * from meant

    union all

    select
        kinds.list_kind,
        active.*

    from (select distinct list_kind from kinds) as kinds
    inner join active on active.role = 'insurance_manager'
    anti join meant
        on
            kinds.list_kind = meant.list_kind
            and active.store_id = meant.store_id

),

once as (

    select * from final
    qualify row_number() over (
        partition by list_kind, store_id, staff_id
        order by role, staff_name
    ) = 1

)

select * from once
