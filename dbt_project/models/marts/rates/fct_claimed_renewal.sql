with

results as (

    select * from {{ ref('int_call_result_match') }}
    where effect = 'claimed'

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

parameters as (

    select * from {{ ref('int_call_list_parameter_resolve') }}
    where parameter = 'claimed_renewal_days'

),

-- the first claim starts the clock; saying it again does not
first_claim as (

    select * from results
    qualify row_number() over (
        partition by store_id, vin, expiry_month
        order by called_on, list_id, row_id
    ) = 1

),

dated as (

    select
        first_claim.store_id,
        due.vehicle_key,
        first_claim.expiry_month,
        first_claim.staff_id,
        first_claim.called_on as claimed_on,
        (first_claim.called_on + parameters.value::integer)::date as issue_by,
        due.outcome,
        case when due.outcome = 'renewed_here' then due.renewed_on end as issued_on
    from first_claim
    inner join due
        on
            first_claim.store_id = due.store_id
            and first_claim.vin = due.vin
            and first_claim.expiry_month = due.expiry_month
    inner join parameters
        on
            first_claim.store_id = parameters.store_id
            and first_claim.called_on
            between parameters.effective_from and parameters.effective_to

),

judged as (

    select
        store_id,
        vehicle_key,
        expiry_month,
        staff_id,
        claimed_on,
        issue_by,
        issued_on,
        case
            when issued_on <= issue_by then 'issued'
            when issued_on > issue_by then 'issued_late'
            when outcome = 'renewed_elsewhere' then 'issued_elsewhere'
            when {{ as_of() }} > issue_by then 'not_issued'
            else 'waiting'
        end as state
    from dated

)

select * from judged
