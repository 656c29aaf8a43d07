{{ config(materialized='view') }}

{#
    One row per int_concession_given with the step of the ladder it falls in and whether it was
    authorised. The ladder is that of the day given; a step covers what is above the step before
    and not above its own rate. An approver counts with the roles held on the day of approval.
#}
with

given as (

    select * from {{ ref('int_concession_given') }}

),

ladders as (

    select * from {{ ref('int_concession_ladder_resolve') }}

),

staff as (

    select * from {{ ref('stg_dms__staff') }}

),

stepped as (

    select
        given.*,
        ladders.step,
        ladders.authority,
        ladders.approver_roles
    from given
    left join ladders
        on
            given.store_id = ladders.store_id
            and given.given_on between ladders.effective_from and ladders.effective_to
            and given.total_rate <= ladders.rate
    qualify row_number() over (
        partition by given.store_id, given.vin, given.expiry_month
        order by ladders.rate, ladders.step
    ) = 1

),

approvers as (

    select
        stepped.concession_number,
        array_to_string(list_sort(list(distinct staff.role)), ';') as approver_role,
        bool_or(
            list_contains(string_split(coalesce(stepped.approver_roles, ''), ';'), staff.role)
        ) as is_entitled
    from stepped
    inner join staff
        on
            stepped.approver = staff.staff_id
            and coalesce(stepped.approved_at::date, stepped.given_on) >= staff.valid_from
            and coalesce(stepped.approved_at::date, stepped.given_on)
            <= coalesce(staff.valid_to, date '9999-12-31')
    group by all

),

judged as (

    select
        stepped.* exclude (approver_roles),
        approvers.approver_role,
        case
            when stepped.step is null then 'above_ladder'
            when coalesce(stepped.approver_roles, '') = '' then 'own_authority'
            when stepped.approver is null then 'not_approved'
            when not coalesce(approvers.is_entitled, false) then 'above_approver'
            when stepped.approved_at::date > stepped.given_on then 'approved_late'
            else 'approved'
        end as authorisation
    from stepped
    left join approvers on stepped.concession_number = approvers.concession_number

)

select * from judged
