with

policies as (

    select * from {{ ref('int_policy_expire') }}
    where issuing_store_id is not null

),

due as (

    select * from {{ ref('int_due_vehicle') }}

),

gone as (

    select distinct vin from {{ ref('int_due_vehicle_left') }}

),

contacts as (

    select * from {{ ref('int_due_contact') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

-- the cover that ended last, of whichever store of the group
last_cover as (

    select
        vin,
        issuing_store_id as store_id,
        insurer_code,
        least(cover_ends_on, cancelled_on) as insured_until
    from policies
    qualify row_number() over (
        partition by vin
        order by least(cover_ends_on, cancelled_on) desc, signed_on desc, policy_id desc
    ) = 1

),

lapsed as (

    select last_cover.*
    from last_cover
    inner join parameters
        on
            last_cover.store_id = parameters.store_id
            and date_trunc('month', last_cover.insured_until) = parameters.expiry_month
    where
        last_cover.insured_until < {{ as_of() }}
        and last_cover.insured_until + to_months(parameters.win_back_months::integer)
        >= {{ as_of() }}

),

open_cohort as (

    select distinct vin from due
    where outcome = 'open'

),

last_due as (

    select
        vin,
        outcome,
        expiry_month
    from due
    qualify row_number() over (partition by vin order by expires_on desc, expiry_month desc) = 1

),

joined as (

    select
        lapsed.store_id,
        contacts.vehicle_key,
        lapsed.insured_until,
        ({{ as_of() }} - lapsed.insured_until)::bigint as lapsed_days,
        lapsed.insurer_code as last_insurer_code,
        last_due.outcome as last_outcome,
        last_due.expiry_month as last_expiry_month,
        contacts.phone is not null as is_contactable
    from lapsed
    anti join open_cohort on lapsed.vin = open_cohort.vin
    anti join gone on lapsed.vin = gone.vin
    inner join contacts on lapsed.vin = contacts.vin
    left join last_due on lapsed.vin = last_due.vin

)

select * from joined
