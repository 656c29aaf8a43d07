with

decisions as (

    select
        decision_number,
        store_id,
        staff_id,
        manager_id,
        decided_at,
        decision,
        reason,
        date_trunc('month', statement_month)::date as month

    from {{ ref('stg_dms__manager_decision') }}
    where subject = 'statement' and decision in ('confirm', 'object')

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

-- a provisional figure still changes: nobody can agree to it
timely as (

    select * from decisions
    where decided_at >= month + interval 1 month

),

signed as (

    select
        *,
        'person' as signer

    from timely
    where manager_id = staff_id
    union all by name
    select
        timely.*,
        staff.role as signer

    from timely
    inner join staff
        on
            timely.manager_id = staff.staff_id
            and timely.decided_at::date
            between staff.valid_from and coalesce(staff.valid_to, date '9999-12-31')
            and (
                (staff.role = 'insurance_manager' and timely.store_id = staff.store_id)
                or staff.role = 'general_manager'
            )

),

newest as (

    select
        *,
        decided_at::date as decided_on

    from signed
    qualify row_number() over (
        partition by store_id, staff_id, month, signer
        order by decided_at desc, decision_number desc
    ) = 1

),

final as (

    select
        store_id,
        staff_id,
        month,
        max(decided_on) filter (where signer = 'person' and decision = 'confirm') as confirmed_on,
        max(decided_on) filter (where signer = 'person' and decision = 'object') as objected_on,
        max(reason) filter (where signer = 'person' and decision = 'object') as objection_note,
        max(decided_on) filter (where signer = 'insurance_manager' and decision = 'confirm')
            as manager_confirmed_on,
        max(decided_on) filter (where signer = 'general_manager' and decision = 'confirm')
            as general_manager_confirmed_on

    from newest
    group by all

)

select * from final
