with

judged as (

    select * from {{ ref('int_concession_judge') }}

),

due as (

    select
        store_id,
        vin,
        vehicle_key,
        expiry_month,
        segment,
        book_owner
    from {{ ref('int_due_vehicle') }}

),

ceilings as (

    select * from {{ ref('int_concession_ceiling') }}

),

objections as (

    select
        store_id,
        vin,
        expiry_month,
        count(*) as objections
    from {{ ref('int_objection_day') }}
    group by all

),

joined as (

    select
        judged.store_id,
        due.vehicle_key,
        judged.expiry_month,
        due.segment,
        due.book_owner,
        judged.concession_number,
        judged.concession_records,
        judged.staff_id,
        judged.given_on,
        judged.given_rate,
        judged.given_amount,
        judged.gift_cost_amount,
        judged.commercial_premium_amount,
        judged.total_amount,
        judged.total_rate,
        judged.step,
        judged.authority,
        judged.approver,
        judged.approver_role,
        judged.approved_at,
        judged.authorisation,
        judged.authorisation in ('own_authority', 'approved', 'approved_late') as is_authorised,
        ceilings.ceiling_step,
        ceilings.ceiling_rate,
        judged.total_rate > ceilings.ceiling_rate as is_above_ceiling,
        coalesce(objections.objections, 0) as objections,

        -- the likeliest share, asked for nothing, and got something
        ceilings.ceiling_rate = 0
        and objections.objections is null
        and judged.total_amount > 0 as is_given_without_need
    from judged
    inner join due using (store_id, vin, expiry_month)
    inner join ceilings using (store_id, vin, expiry_month)
    left join objections using (store_id, vin, expiry_month)

)

select * from joined
