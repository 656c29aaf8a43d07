{#
    One row per store, vehicle and expiry month that is, or was, due; status says whether it is
    in the universe.
#}
with

homes as (

    select * from {{ ref('int_due_home') }}

),

terms as (

    select * from {{ ref('int_policy_term') }}

),

contacts as (

    select * from {{ ref('int_due_contact') }}

),

judged as (

    select * exclude (store_id) from {{ ref('int_due_judge') }}

),

frozen as (

    select * exclude (store_id) from {{ ref('int_due_freeze') }}

),

books as (

    select * exclude (store_id) from {{ ref('int_due_book') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

joined as (

    select
        homes.store_id,
        homes.vin,
        homes.expiry_month,
        homes.expires_on,
        least(
            terms.commercial_expires_on,
            -- a compulsory cover that ended before the window has had its own renewal already
            case
                when
                    terms.compulsory_expires_on
                    >= homes.expires_on - parameters.window_before_days::integer
                    then terms.compulsory_expires_on
            end,
            homes.expires_on
        ) as first_expires_on,
        terms.commercial_expires_on,
        terms.compulsory_expires_on,
        homes.expiry_is_estimated,
        homes.basis as expiry_basis,
        homes.source_record,
        frozen.* exclude (vin, expiry_month),
        books.book_owner,
        books.assigned_on,
        judged.* exclude (vin, expiry_month, is_cancelled, is_cancelled_late),
        contacts.* exclude (vin),
        contacts.phone is not null as is_contactable,
        homes.last_visit_before_ref_on,
        terms.policy_number as expiring_policy_number,
        terms.insurer_code as expiring_insurer_code,
        terms.premium_amount as expiring_premium_amount,
        terms.commercial_premium_amount as expiring_commercial_amount,
        terms.compulsory_premium_amount as expiring_compulsory_amount,
        terms.covers as expiring_covers,
        terms.signed_on as expiring_signed_on,
        terms.claims_last_year,
        terms.sales_channel,
        terms.payment_frequency,
        terms.region
    from homes
    inner join judged on homes.vin = judged.vin and homes.expiry_month = judged.expiry_month
    inner join frozen on homes.vin = frozen.vin and homes.expiry_month = frozen.expiry_month
    inner join books on homes.vin = books.vin and homes.expiry_month = books.expiry_month
    left join terms on homes.term_id = terms.term_id
    left join contacts on homes.vin = contacts.vin
    left join parameters
        on homes.store_id = parameters.store_id and homes.expiry_month = parameters.expiry_month

)

select * from joined
