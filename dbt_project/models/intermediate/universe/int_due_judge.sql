{{ config(materialized='view') }}

{#
    One row per vehicle and expiry month with its outcome and its status: 'in' the universe or
    the reason it left. Renewed vehicles stay; only proof takes a vehicle out; a policy
    cancelled late without proof is lost.
#}
with

homes as (

    select * from {{ ref('int_due_home') }}

),

terms as (

    select
        term_id,
        is_cancelled_late
    from {{ ref('int_policy_term') }}

),

renewals as (

    select * from {{ ref('int_due_renewal') }}

),

told as (

    select * from {{ ref('int_due_told_renewal') }}

),

changes as (

    select * from {{ ref('int_due_change') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

gathered as (

    select
        homes.vin,
        homes.store_id,
        homes.expiry_month,
        case
            when renewals.is_here then 'renewed_here'
            when renewals.vin is not null or told.vin is not null then 'renewed_elsewhere'
        end as renewal,
        renewals.* exclude (vin, expiry_month, is_here, renewed_on),
        renewals.renewed_on,
        told.insurer_name as told_insurer_name,
        changes.change_kind,
        changes.changed_on,
        changes.change_number,
        coalesce(terms.is_cancelled_late, false) or homes.basis = 'cancelled_policy'
            as is_cancelled,
        coalesce(terms.is_cancelled_late, false) as is_cancelled_late,
        {{ as_of() }} > homes.expires_on + to_days(cast(parameters.window_after_days as integer))
            as is_window_closed,
        {{ as_of() }}
        > last_day(homes.expiry_month) + to_days(cast(parameters.window_after_days as integer))
            as is_matured
    from homes
    inner join parameters
        on homes.store_id = parameters.store_id and homes.expiry_month = parameters.expiry_month
    left join terms on homes.term_id = terms.term_id
    left join renewals
        on homes.vin = renewals.vin and homes.expiry_month = renewals.expiry_month
    left join told
        on homes.vin = told.vin and homes.expiry_month = told.expiry_month
    left join changes
        on homes.vin = changes.vin and homes.expiry_month = changes.expiry_month

),

judged as (

    select
        * exclude (renewal, is_window_closed),
        coalesce(
            renewal,
            case when is_window_closed or is_cancelled_late then 'lost' else 'open' end
        ) as outcome,
        case
            when
                change_kind is null
                or coalesce(renewal = 'renewed_here', false)
                or renewed_on < changed_on
                then 'in'
            when change_kind = 'scrapped' then 'scrapped'
            when is_cancelled then 'cancelled'
            else 'sold'
        end as status
    from gathered

)

select * from judged
